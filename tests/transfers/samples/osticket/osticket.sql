-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)
DROP TABLE IF EXISTS `ost_staff`;
CREATE TABLE `ost_staff` (
  `staff_id` int unsigned NOT NULL AUTO_INCREMENT,
  `firstname` varchar(32) DEFAULT NULL,
  `lastname` varchar(32) DEFAULT NULL,
  `email` varchar(255) DEFAULT NULL,
  PRIMARY KEY (`staff_id`)
) ENGINE=InnoDB;
INSERT INTO `ost_staff` VALUES (1,'Aiko','','aiko@example.com'),(2,'Gone','Away','gone@elsewhere.example');
CREATE TABLE `ost_thread` (
  `id` int unsigned NOT NULL,
  `object_id` int unsigned NOT NULL,
  `object_type` char(1) NOT NULL,
  `created` datetime NOT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB;
INSERT INTO `ost_thread` VALUES (70,60,'T','2024-04-01 01:00:00'),(71,61,'T','2024-04-02 01:00:00');
INSERT INTO `ost_thread_entry` (`id`,`thread_id`,`staff_id`,`user_id`,`type`,`poster`,`title`,`body`,`format`,`created`) VALUES (501,70,0,80,'M','田中 実','プリンター','<p>印刷できません。</p>','html','2024-04-01 01:00:00'),(502,70,2,0,'R','Gone Away',NULL,'Don\'t worry; it''s fixed.\nGone','text','2024-04-01 05:00:00'),(503,70,1,0,'N','Aiko','Parts','Ordered (2); \"red\"','text','2024-04-01 04:00:00');
INSERT INTO `ost_thread_entry` (`id`,`thread_id`,`staff_id`,`user_id`,`type`,`poster`,`title`,`body`,`format`,`created`) VALUES
(504,71,0,80,'M','田中 実','また','また印刷できません。','text','2024-04-02 01:00:00');
INSERT INTO `ost_ticket` (`ticket_id`,`number`,`user_id`,`status_id`,`staff_id`,`source`,`created`,`lastupdate`,`closed`) VALUES (60,'100060',80,3,2,'Web','2024-04-01 01:00:00','2024-04-01 05:00:00','2024-04-01 05:00:00'),(61,'100061',80,1,0,'Email','2024-04-02 01:00:00','2024-04-02 01:00:00',NULL);
INSERT INTO `ost_ticket__cdata` (`ticket_id`,`subject`,`priority`) VALUES (60,'印刷の不具合','3'),(61,'また印刷の不具合','2');
INSERT INTO `ost_ticket_status` (`id`,`name`,`state`) VALUES (1,'Open','open'),(3,'Closed','closed');
INSERT INTO `ost_user` (`id`,`org_id`,`default_email_id`,`name`,`created`) VALUES (80,0,90,'田中 実','2024-01-01 00:00:00');
INSERT INTO `ost_user_email` (`id`,`user_id`,`address`) VALUES (90,80,'tanaka@minoru.example');
INSERT INTO `ost_config` (`id`,`value`) VALUES (1,'secret');
